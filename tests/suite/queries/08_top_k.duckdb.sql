select well, depth_m, rt
from depth_logs
where rt is not null
order by rt desc, well, depth_m
limit 25
