-- Wells without sonic, with their tops.
select wells.name, wells.field, count(tops.name) as tops, min(tops.depth_m) as first_top_m
from wells
left join tops on tops.well_id = wells.well_id
where not exists (
    select 1 from curves where curves.well_id = wells.well_id and curves.property = 'dt_compressional'
)
group by wells.name, wells.field
order by wells.name
