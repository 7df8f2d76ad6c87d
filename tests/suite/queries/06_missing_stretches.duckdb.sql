with marked as (
    select well, run, depth_m, gr,
           sum(case when gr is null then 0 else 1 end) over (partition by run order by depth_m) as stretch
    from depth_logs
)
select well, run, min(depth_m) as from_m, max(depth_m), count(*)
from marked
where gr is null
group by well, run, stretch
having count(*) >= 5
order by well, run, from_m
