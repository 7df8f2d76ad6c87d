-- Curves of one run side by side within a window of depth.
select dept, gr, rhob, nphi, rt
from run('{run}')
where dept >= {top} and dept < {base}
order by dept
