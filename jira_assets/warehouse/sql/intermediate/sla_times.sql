-- The time of a cycle, by its number or, where there is none, as it is printed; nonsense is null.
create macro sla_time(value) as coalesce(
    case
        when try_cast(value ->> '$.epochMillis' as double) between -62135596800000 and 253402300799999
            then make_timestamp((try_cast(value ->> '$.epochMillis' as double) * 1000)::bigint)
    end,
    utc_time(value ->> '$.iso8601')
)
