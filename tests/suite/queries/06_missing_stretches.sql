-- Stretches of at least five samples in a row without a value.
with marked as (
    select well, run, depth_m, value,
           sum(case when value is null then 0 else 1 end) over (partition by run order by depth_m) as stretch
    from samples
    where curve = 'GR'
)
select well, run, min(depth_m) as from_m, max(depth_m) as to_m, count(*) as samples
from marked
where value is null
group by well, run, stretch
having count(*) >= 5
order by well, run, from_m
