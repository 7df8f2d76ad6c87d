-- Where the depth of a run leaps by more than a metre.
select well, run, before_m, depth_m
from (
    select well, run, depth_m, lag(depth_m) over (partition by run order by depth_m) as before_m
    from samples
    where curve = 'GR'
)
where depth_m - before_m > 1.0
order by well, run, depth_m
