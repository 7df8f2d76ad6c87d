select cast(floor(gr / 10.0) as bigint) * 10 as low, count(*) as samples
from depth_logs
where gr is not null
group by low
order by low
