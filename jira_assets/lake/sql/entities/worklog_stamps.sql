-- What is known of the worklogs of each project, as a number; also how many issues changed so late that their
-- worklogs are not listed yet.
select
    issues.project as project_id,
    bit_xor(hash(worklogs))::varchar || '/'
    || count(distinct issues.jira_id) filter (where issues.updated_at > {listed_until}) as stamp
from read_parquet({issues}, hive_partitioning = true, hive_types = {{'project': 'varchar'}}, union_by_name = true)
    as issues
left join (select * from read_parquet({worklogs}) where not is_head) as worklogs on issues.jira_id = worklogs.jira_id
group by issues.project
