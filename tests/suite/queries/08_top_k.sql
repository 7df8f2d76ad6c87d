-- The highest resistivities of all wells.
select well, depth_m, value
from samples
where property = 'resistivity_deep' and value is not null
order by value desc, well, depth_m
limit 25
