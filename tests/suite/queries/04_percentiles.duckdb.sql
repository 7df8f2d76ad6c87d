select well, quantile_cont(gr, 0.05), quantile_cont(gr, 0.5), quantile_cont(gr, 0.95)
from depth_logs
group by well
order by well
