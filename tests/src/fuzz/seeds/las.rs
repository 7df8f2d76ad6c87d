//! LAS files of every dialect.

use super::{utf16, windows_1251};
use crate::las::las_text;

/// LAS 2.0 with everything its header may have, text and date columns, nulls of several spellings.
const PLAIN: &str = "\
# delivered by fax
~VERSION INFORMATION
 VERS.   2.0 : CWLS LOG ASCII STANDARD - VERSION 2.0
 WRAP.   NO  : ONE LINE PER DEPTH STEP
~WELL INFORMATION
 STRT.M   1670.0000 : START DEPTH
 STOP.M   1669.5    : STOP DEPTH
 STEP.M   -0.1250   : STEP
 NULL.    -999.2500 : NULL VALUE
 COMP.    ANY OIL COMPANY : COMPANY
 WELL.    A/1-2: NORTH    : WELL
 UWI .    100/12-34-045-06W7/00 : UNIQUE WELL ID
 LATI.    60\u{b0} 12' 30.5\" N : LATITUDE
 DATE.    13/12/1986 23:15 : LOG DATE
~PARAMETER INFORMATION
#MNEM.UNIT VALUE DESCRIPTION
 EKB .M   23.5 : ELEVATION KELLY BUSHING
 MUD .    GEL CHEM : MUD TYPE
 RMF .OHMM@DEGC 0.216 : MUD FILTRATE
~CURVE INFORMATION
 DEPT.M        : 1 DEPTH
 DT  .US/M 123 450 02 00 : 2 SONIC
 GR  .GAPI     : 3 GAMMA
 GR  .         : 4 GAMMA AGAIN
 LITH.         : 5 ROCK
 TIME.         : 6 TIME
~OTHER
 Note: the tool was held up at 1669 m.
~A  DEPT DT GR GR LITH TIME
1670.000 123.450 2550.000 -999.25 SAND 12:30:00
1669.875 123.4D1 **** 1.#QNAN SHALE 12:30:01
# the tool stuck
1669.750 -999.2500 45,5 NaN - 12:30:02
1669.625 1.5-2.5 1e400 7 SAND 12:30:03
1669.500 1 2
";

/// LAS 1.2, whose `~W` has values behind the colon.
const OLD: &str = "\
~V
VERS. 1.2: CWLS LAS 1.2
WRAP. NO : one line
~W
STRT.FT 635.0000 :
STOP.FT 636.0000 :
STEP.FT 0.5 :
NULL. -999.0:
COMP. COMPANY : ANY OIL COMPANY LTD.
WELL. WELL : ANY ET AL 12-34-12-34
PROV. PROVINCE : ALBERTA
~C
DEPT.F : depth
RHOB.K/M3 : density
NPHI.V/V : neutron
~A
635.0 2256.0 0.3
635.5 2257.25 -999.0
636.0 -999 0.25
";

/// Wrapped rows, the last of them too short.
const WRAPPED: &str = "\
~Version
VERS. 2.0 :
WRAP. YES :
~Well
STRT.M 910 :
STOP.M 908 :
STEP.M -1 :
NULL. -999.25 :
~Curve
DEPT.M :
A.:
B.:
C.:
D.:
E.:
~Ascii
910.000
 -999.25 2692.7 0.3 19.4
 19.4
909.000
 1 2 3
 4 5
908.000
 1 2
";

/// Commas, quotes over line ends, empty items, a decimal comma.
const COMMAS: &str = "\
~V
VERS. 2.0 :
WRAP. NO :
DLM. COMMA :
~W
NULL. -9999 :
~C
DEPT.M :
GR.API :
NOTE. :
~A
100.0,45.5,\"a, b\"
100.5,,\"c \"\"d\"\"\"
101.0,-9999,3\" pipe
101.5,1,
";

/// LAS 3.0 with a data set of every kind, formats, associations, arrays and quotes.
const LAS_3: &str = "\
~Version
VERS. 3.0 : CWLS LOG ASCII STANDARD -VERSION 3.0
WRAP. NO : ONE LINE PER DEPTH STEP
DLM. COMMA : DELIMITING CHARACTER
~Well
STRT.M 1670.0 : First Index Value
STOP.M 1671.0 : Last Index Value
STEP.M 0.5 : STEP
NULL. -999.25 : NULL VALUE
WELL. AAAAA_2 : WELL
~Parameter
RUN[1]. 1 : Run {F}
RUN[2]. 2 : Run {F}
MATR. SAND : Neutron matrix {S} | RUN[1]
MDEN.KG/M3 2650 : Logging matrix density {F} | RUN[1],RUN[2]
~Curve
DEPT.M : Depth {F10.4}
DT.US/M : Sonic {F}
NMR[1].ms : Echo {AF10.4;0ms}
NMR[2].ms : Echo {AF10.4;5ms}
NMR[3].ms : Echo {AF10.4;10ms}
YME.PA : Young {E0.00E+00}
~ASCII | CURVE
1670.0,123.45,10.0,12,14,1.45E+12
1670.5,,10.0,12,-999.25,1.47E+12
1671.0,123.47,11,12,13,
~Core_Parameters[1]
C_SRS. CONVENTIONAL : Core source {S}
~Core_Definition[1]
CORET.M : top {F}
COREB.M : base {F}
CDES. : description {S}
CDATE.D : date {DD/MM/YYYY}
~Core_Data[1] | Core_Definition[1]
13178.0,13180.0,\"sandstone, grey\",13/12/1986
13180.5,13181,\"shale
and silt\",
~Core_Data[2] | Core_Definition[1]
1,2,x,01/02/2003
~Tops_Definition
TOPN. : name {S}
TOPT.M : depth {F}
~Tops_Data | Tops_Definition
Viking,1234.5
Colony,
~Inclinometry_Definition
MD.M : {F}
TVD.M : {F}
AZIM.DEG : {F}
DEVI.DEG : {F}
~Inclinometry_Data | Inclinometry_Definition
0,0,290,0
100,99.8,234,45.5
~Drilling_Definition
DDEP.M : {F}
ROP.M/HR : {F}
~Drilling_Data | Drilling_Definition
322.02,24.0
~Test_Definition
TSTN. : number {I}
DDES. : type {S}
~Test_Data | Test_Definition
1,DST
~Perforation_Definition
PERFT.M : {F}
PERFB.M : {F}
~Perforation_Data | Perforation_Definition
545.5,550.6
~Phase_Data_RM | Phase_Definition
1,2
~Phase_Definition
A. : {F}
B. : {F}
";

/// LAS 3.0 delimited by tabs, without a log, a set before its definition.
const TABS: &str = "\
~Version
VERS. 3.0 :
WRAP. NO :
DLM. TAB :
~X_Data | X_Definition
1\t\"a\tb\"\t
2\t\t4
~X_Definition
A. : {I}
B. : {S}
C. : {F}
~Log_Parameter
EKB.M 1 : {F}
~Log_Definition
TIME.S : {hhmmss}
V. : {F}
~Log_Data | Log_Definition
# among the rows
120000\t1
120001\t2
";

/// Sections in odd places, text before `~V`, rows that are no rows, another section behind.
const ODD: &str = "\
exported on Monday
~C
DEPT.M :
A.B.C : D : E
.M :
~W
NULL. :
STRT 1 :
~X strange
some text
~V
VERS. 2 :
WRAP. MAYBE :
~A
1 2 3
some words here
2 3 4 5

7
3 4 5
~P
 A.M 1 : behind\u{1a}
";

/// Returns them.
#[must_use]
pub fn las() -> Vec<Vec<u8>> {
    let texts = [PLAIN, OLD, WRAPPED, COMMAS, LAS_3, TABS, ODD];
    let mut seeds: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    seeds.push(OLD.replace('\n', "\r\n").into_bytes());
    seeds.push(WRAPPED.replace('\n', "\r").into_bytes());
    seeds.push(utf16(COMMAS, false, true));
    seeds.push(utf16(OLD, true, false));
    seeds.push(PLAIN.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect());
    let russian = PLAIN.replace("SONIC", "Акустический каротаж").replace("ROCK", "Порода");
    seeds.push(windows_1251(&russian));
    seeds.push([b"\xEF\xBB\xBF", russian.as_bytes()].concat());
    seeds.push(las_text(1, 40, 6, 1).into_bytes());
    seeds.push(b"LASF\0\0".to_vec());
    seeds
}
