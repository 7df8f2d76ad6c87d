-- Clean and porous metres of one run, and the porosity there by density.
select count(*) * 0.5 as net_m, avg((2.65 - rhob) / (2.65 - 1.0)) as porosity, avg(rt) as resistivity
from run('{run}')
where gr < 60.0 and rhob < 2.5 and cali < 8.9
