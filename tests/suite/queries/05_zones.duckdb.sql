with zones as (
    select well_id, well, name, depth_m as top_m, lead(depth_m) over (partition by well_id order by depth_m) as base_m
    from tops
),
logs as (select well_id, depth_m, rhob from depth_logs where has_rhob)
select zones.well, zones.name, zones.top_m, count(rhob), avg(rhob)
from zones
join logs on logs.well_id = zones.well_id and logs.depth_m >= zones.top_m and logs.depth_m < zones.base_m
group by zones.well, zones.name, zones.top_m
order by zones.well, zones.top_m
