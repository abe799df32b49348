import type { DrillCase } from "./drill-case.ts";
import { a01 } from "./cases/A01/case.ts";
import { a02 } from "./cases/A02/case.ts";
import { a03 } from "./cases/A03/case.ts";
import { a04 } from "./cases/A04/case.ts";
import { a05 } from "./cases/A05/case.ts";
import { a06 } from "./cases/A06/case.ts";
import { b01 } from "./cases/B01/case.ts";
import { b02 } from "./cases/B02/case.ts";
import { b03 } from "./cases/B03/case.ts";
import { b04 } from "./cases/B04/case.ts";
import { b05 } from "./cases/B05/case.ts";
import { b06 } from "./cases/B06/case.ts";
import { b07 } from "./cases/B07/case.ts";
import { b08 } from "./cases/B08/case.ts";
import { b09 } from "./cases/B09/case.ts";
import { b10 } from "./cases/B10/case.ts";
import { c01 } from "./cases/C01/case.ts";
import { c02 } from "./cases/C02/case.ts";
import { c03 } from "./cases/C03/case.ts";
import { c04 } from "./cases/C04/case.ts";
import { c05 } from "./cases/C05/case.ts";
import { c06 } from "./cases/C06/case.ts";
import { c07 } from "./cases/C07/case.ts";
import { c08 } from "./cases/C08/case.ts";
import { c09 } from "./cases/C09/case.ts";
import { c10 } from "./cases/C10/case.ts";
import { c11 } from "./cases/C11/case.ts";
import { c12 } from "./cases/C12/case.ts";
import { c13 } from "./cases/C13/case.ts";
import { c14 } from "./cases/C14/case.ts";
import { c15 } from "./cases/C15/case.ts";
import { c16 } from "./cases/C16/case.ts";
import { c17 } from "./cases/C17/case.ts";
import { c18 } from "./cases/C18/case.ts";
import { c19 } from "./cases/C19/case.ts";
import { c20 } from "./cases/C20/case.ts";
import { c21 } from "./cases/C21/case.ts";
import { d01 } from "./cases/D01/case.ts";
import { d02 } from "./cases/D02/case.ts";
import { d03 } from "./cases/D03/case.ts";
import { d04 } from "./cases/D04/case.ts";
import { d05 } from "./cases/D05/case.ts";
import { d06 } from "./cases/D06/case.ts";
import { d07 } from "./cases/D07/case.ts";
import { d08 } from "./cases/D08/case.ts";
import { d09 } from "./cases/D09/case.ts";
import { d10 } from "./cases/D10/case.ts";
import { d11 } from "./cases/D11/case.ts";
import { d12 } from "./cases/D12/case.ts";
import { d13 } from "./cases/D13/case.ts";
import { d14 } from "./cases/D14/case.ts";
import { d15 } from "./cases/D15/case.ts";
import { e01 } from "./cases/E01/case.ts";
import { e02 } from "./cases/E02/case.ts";
import { e03 } from "./cases/E03/case.ts";
import { e04 } from "./cases/E04/case.ts";
import { e05 } from "./cases/E05/case.ts";
import { e06 } from "./cases/E06/case.ts";
import { e07 } from "./cases/E07/case.ts";
import { e08 } from "./cases/E08/case.ts";
import { e09 } from "./cases/E09/case.ts";
import { e10 } from "./cases/E10/case.ts";
import { e11 } from "./cases/E11/case.ts";
import { e12 } from "./cases/E12/case.ts";
import { e13 } from "./cases/E13/case.ts";
import { e14 } from "./cases/E14/case.ts";
import { e15 } from "./cases/E15/case.ts";
import { e16 } from "./cases/E16/case.ts";
import { e17 } from "./cases/E17/case.ts";
import { e18 } from "./cases/E18/case.ts";
import { e19 } from "./cases/E19/case.ts";
import { e20 } from "./cases/E20/case.ts";
import { e21 } from "./cases/E21/case.ts";
import { f01 } from "./cases/F01/case.ts";
import { f02 } from "./cases/F02/case.ts";
import { f03 } from "./cases/F03/case.ts";
import { f04 } from "./cases/F04/case.ts";
import { f05 } from "./cases/F05/case.ts";
import { f06 } from "./cases/F06/case.ts";
import { f07 } from "./cases/F07/case.ts";
import { f08 } from "./cases/F08/case.ts";
import { g01 } from "./cases/G01/case.ts";
import { g02 } from "./cases/G02/case.ts";
import { g03 } from "./cases/G03/case.ts";
import { g04 } from "./cases/G04/case.ts";
import { g05 } from "./cases/G05/case.ts";
import { g06 } from "./cases/G06/case.ts";
import { g07 } from "./cases/G07/case.ts";
import { g08 } from "./cases/G08/case.ts";
import { g09 } from "./cases/G09/case.ts";
import { g10 } from "./cases/G10/case.ts";
import { g11 } from "./cases/G11/case.ts";
import { g12 } from "./cases/G12/case.ts";
import { g13 } from "./cases/G13/case.ts";
import { g14 } from "./cases/G14/case.ts";
import { g15 } from "./cases/G15/case.ts";
import { g16 } from "./cases/G16/case.ts";
import { g17 } from "./cases/G17/case.ts";
import { h01 } from "./cases/H01/case.ts";
import { h02 } from "./cases/H02/case.ts";
import { h03 } from "./cases/H03/case.ts";
import { h04 } from "./cases/H04/case.ts";
import { h05 } from "./cases/H05/case.ts";
import { h06 } from "./cases/H06/case.ts";
import { h07 } from "./cases/H07/case.ts";
import { h08 } from "./cases/H08/case.ts";
import { h09 } from "./cases/H09/case.ts";
import { h10 } from "./cases/H10/case.ts";
import { h11 } from "./cases/H11/case.ts";
import { h12 } from "./cases/H12/case.ts";
import { h13 } from "./cases/H13/case.ts";
import { h14 } from "./cases/H14/case.ts";
import { h15 } from "./cases/H15/case.ts";
import { h16 } from "./cases/H16/case.ts";
import { h17 } from "./cases/H17/case.ts";
import { h18 } from "./cases/H18/case.ts";
import { i01 } from "./cases/I01/case.ts";
import { i02 } from "./cases/I02/case.ts";
import { i03 } from "./cases/I03/case.ts";
import { i04 } from "./cases/I04/case.ts";
import { i05 } from "./cases/I05/case.ts";
import { i06 } from "./cases/I06/case.ts";
import { i07 } from "./cases/I07/case.ts";
import { i08 } from "./cases/I08/case.ts";
import { i09 } from "./cases/I09/case.ts";
import { i10 } from "./cases/I10/case.ts";
import { i11 } from "./cases/I11/case.ts";
import { j01 } from "./cases/J01/case.ts";
import { j02 } from "./cases/J02/case.ts";
import { j03 } from "./cases/J03/case.ts";
import { j04 } from "./cases/J04/case.ts";
import { j05 } from "./cases/J05/case.ts";
import { j06 } from "./cases/J06/case.ts";
import { j07 } from "./cases/J07/case.ts";
import { j08 } from "./cases/J08/case.ts";

/** All cases, by group; those that must be admitted come first: who refuses everything is not right. */
export const DRILL_CASES: readonly DrillCase[] = [
  a01,
  a02,
  a03,
  a04,
  a05,
  a06,
  b01,
  b02,
  b03,
  b04,
  b05,
  b06,
  b07,
  b08,
  b09,
  b10,
  c01,
  c02,
  c03,
  c04,
  c05,
  c06,
  c07,
  c08,
  c09,
  c10,
  c11,
  c12,
  c13,
  c14,
  c15,
  c16,
  c17,
  c18,
  c19,
  c20,
  c21,
  d01,
  d02,
  d03,
  d04,
  d05,
  d06,
  d07,
  d08,
  d09,
  d10,
  d11,
  d12,
  d13,
  d14,
  d15,
  e01,
  e02,
  e03,
  e04,
  e05,
  e06,
  e07,
  e08,
  e09,
  e10,
  e11,
  e12,
  e13,
  e14,
  e15,
  e16,
  e17,
  e18,
  e19,
  e20,
  e21,
  f01,
  f02,
  f03,
  f04,
  f05,
  f06,
  f07,
  f08,
  g01,
  g02,
  g03,
  g04,
  g05,
  g06,
  g07,
  g08,
  g09,
  g10,
  g11,
  g12,
  g13,
  g14,
  g15,
  g16,
  g17,
  h01,
  h02,
  h03,
  h04,
  h05,
  h06,
  h07,
  h08,
  h09,
  h10,
  h11,
  h12,
  h13,
  h14,
  h15,
  h16,
  h17,
  h18,
  i01,
  i02,
  i03,
  i04,
  i05,
  i06,
  i07,
  i08,
  i09,
  i10,
  i11,
  j01,
  j02,
  j03,
  j04,
  j05,
  j06,
  j07,
  j08,
];
