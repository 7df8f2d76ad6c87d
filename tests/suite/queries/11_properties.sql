-- What was measured, by property and unit.
select property, unit, count(distinct well_id) as wells, count(*) as curves, sum("count") as samples,
       min(min_value) as least, max(max_value) as most
from curves
where property is not null
group by property, unit
order by property, unit
