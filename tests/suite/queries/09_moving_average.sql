-- The highest of each run's porosity smoothed over eleven samples.
select well, run, max(smooth) as highest
from (
    select well, run,
           avg(value) over (partition by run order by depth_m rows between 5 preceding and 5 following) as smooth
    from samples
    where property = 'neutron_porosity'
)
group by well, run
order by well, run
