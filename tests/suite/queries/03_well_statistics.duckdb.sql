select well, count(gr), min(gr), max(gr), avg(gr), stddev_samp(gr)
from depth_logs
group by well
order by well
