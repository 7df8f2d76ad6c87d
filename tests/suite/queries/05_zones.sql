-- Mean density of every zone: from each top to the next one below.
with zones as (
    select well_id, well, name, depth_m as top_m, lead(depth_m) over (partition by well_id order by depth_m) as base_m
    from tops
)
select zones.well, zones.name, zones.top_m, count(samples.value) as samples, avg(samples.value) as density
from zones
join samples on samples.well_id = zones.well_id and samples.depth_m >= zones.top_m and samples.depth_m < zones.base_m
where samples.property = 'bulk_density'
group by zones.well, zones.name, zones.top_m
order by zones.well, zones.top_m
