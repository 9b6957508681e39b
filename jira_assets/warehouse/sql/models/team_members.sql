-- group: people
-- scope: site

create table warehouse.team_members as
-- A member may have several accounts; the one that the team named comes first, then the surest match.
with matches as (
    select distinct on (member_id)
        member_id,
        account_id,
        matched_by
    from (
        select
            matched.member_id,
            matched.account_id,
            matched.matched_by,
            member.jira_account_id
        from {whole}.jira_user_matches as matched
        inner join given.team_members as member on matched.member_id = member.member_id
    )
    order by
        member_id,
        coalesce(account_id = jira_account_id, false) desc,
        list_position(['override', 'account_id', 'email', 'display_name'], matched_by) asc nulls last,
        account_id asc
)
select
    member.member_id::varchar as member_id,
    member.display_name::varchar as display_name,
    member.email::varchar as email,
    coalesce(member.jira_account_id, matches.account_id)::varchar as jira_account_id,
    case
        when member.jira_account_id is null or member.jira_account_id = matches.account_id then matches.matched_by
    end::varchar as matched_by,
    member.team::varchar as team
from given.team_members as member
left join matches on member.member_id = matches.member_id;

comment on table warehouse.team_members is 'Members of the team';
comment on column warehouse.team_members.member_id is 'Id of the member, as the team names it';
comment on column warehouse.team_members.display_name is 'Name';
comment on column warehouse.team_members.email is 'E-mail address';
comment on column warehouse.team_members.jira_account_id is 'Jira account that the team named, or that was matched';
comment on column warehouse.team_members.matched_by is 'override, account_id, email or display_name; null while no account was seen';
comment on column warehouse.team_members.team is 'Team of the member; null if the source has none';
