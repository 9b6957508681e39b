-- Whether a type of links means that one issue blocks the other.
create macro is_blocking(type, outward) as coalesce(
    lower(type) in ('blocks', 'blocker', 'blocked') or lower(outward) = 'blocks', false
)
