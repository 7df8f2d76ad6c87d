-- One curve of one run within a window of depth.
select depth_m, value
from samples
where well = '{well}' and run_id = '{run}' and curve = 'GR' and depth_m between {top} and {base}
order by depth_m
