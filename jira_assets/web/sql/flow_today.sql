select max(as_of) as as_of
from metric_settings
