import { expect, test } from 'bun:test';
import { chosenFrom, parseSpdx } from '../../../../install/licences/spdx.ts';

const allowed = new Set(['MIT', 'BSD-3-Clause', 'Apache-2.0 WITH LLVM-exception', 'LGPL-2.1+']);
const chosen = (text: string): readonly string[] | undefined => chosenFrom(parseSpdx(text), (id) => allowed.has(id));

test.each([
  ['MIT', ['MIT']],
  ['(MIT)', ['MIT']],
  ['GPL-2.0-only OR MIT', ['MIT']],
  ['MIT OR GPL-2.0-only', ['MIT']],
  ['MIT AND BSD-3-Clause', ['MIT', 'BSD-3-Clause']],
  ['(GPL-2.0-only OR BSD-3-Clause) AND MIT', ['BSD-3-Clause', 'MIT']],
  ['MIT or (GPL-2.0-only and BSD-3-Clause)', ['MIT']],
  ['Apache-2.0 WITH LLVM-exception', ['Apache-2.0 WITH LLVM-exception']],
  ['LGPL-2.1+', ['LGPL-2.1+']],
])('%j can be taken under %j', (text, ids) => {
  expect(chosen(text)).toEqual(ids);
});

test.each([
  'GPL-3.0-only',
  'MIT AND GPL-3.0-only',
  'GPL-2.0-only OR GPL-3.0-only',
  'MIT AND (GPL-2.0-only OR GPL-3.0-only)',
  'GPL-2.0-only OR MIT AND GPL-3.0-only', // AND binds more tightly than OR
  'Apache-2.0',
  'Apache-2.0 WITH Bison-exception-2.2',
  'mit',
])('%j cannot be taken', (text) => {
  expect(chosen(text)).toBeUndefined();
});

test.each([
  '',
  'SEE LICENSE IN LICENSE',
  'MIT OR',
  'OR MIT',
  '(MIT',
  'MIT)',
  'MIT BSD-3-Clause',
  'MIT WITH',
  'MIT/ISC',
  'AND',
])('%j is no licence expression', (text) => {
  expect(() => parseSpdx(text)).toThrow('is no SPDX licence expression');
});
