select well, run, max(smooth)
from (
    select well, run,
           avg(nphi) over (partition by run order by depth_m rows between 5 preceding and 5 following) as smooth
    from depth_logs
    where has_nphi
)
group by well, run
order by well, run
