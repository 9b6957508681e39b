-- The chance of each number of steps on a day. `sized` has how many issues are a step of each subject, `daily` on how many
-- of 84 days (`times`) it delivered so many: each of these days is equally likely. A count between two steps is one of
-- both, as likely as keeps the mean.
select
    sized.subject as subject,
    daily.issues // sized.step + sides.side as steps,
    sum(
        daily.times / 84.0::double
        * case sides.side when 1 then daily.issues % sized.step else sized.step - daily.issues % sized.step end
        / sized.step
    ) as chance
from sized
inner join daily on sized.subject = daily.subject
cross join (values (0), (1)) as sides (side)
where sides.side = 0 or daily.issues % sized.step > 0
group by sized.subject, daily.issues // sized.step + sides.side
