-- Issues that may be blocked at other times.
from touched_issue_block_spans
