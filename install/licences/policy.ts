import { WorkerError } from '../../src/base/errors.ts';
import type { Component, InnerComponent } from '../../src/licences/licences.ts';
import { chosenFrom, parseSpdx } from './spdx.ts';

/** What may be inside the executable: licences that ask for no more than their text. */
const PERMISSIVE = new Set(
  (
    'MIT MIT-0 0BSD ISC BSD-2-Clause BSD-3-Clause Apache-2.0 BlueOak-1.0.0 BSL-1.0 CC0-1.0 Unlicense blessing Zlib ' +
    'Unicode-3.0 FTL HPND IJG libpng-2.0 libtiff'
  ).split(' '),
);
/** What may be in it where its source is named and a user can replace it. */
const REPLACEABLE = new Set('LGPL-2.0-or-later LGPL-2.1-or-later LGPL-3.0-or-later MPL-1.1 MPL-2.0'.split(' '));
const WITH_EXCEPTION = new Set(['Apache-2.0 WITH LLVM-exception']);

/** The SPDX identifiers of licences, of those that are offered the ones under which each thing is taken. */
export interface Taken {
  /** Of the component itself. */
  readonly own: readonly string[];
  /** Of what is inside it. */
  readonly inside: readonly string[];
}

/** @throws WorkerError `internal` for a licence that may not be inside the executable */
export function licencesOf(component: Component): Taken {
  const isReplaceable = component.replacing !== undefined;
  return {
    own: chosenOf(component, component, isReplaceable),
    inside: component.inside.flatMap((one) => chosenOf(one, component, isReplaceable)),
  };
}

function chosenOf(one: InnerComponent, { name }: Component, isReplaceable: boolean): readonly string[] {
  const isAllowed = (id: string): boolean =>
    PERMISSIVE.has(id) || WITH_EXCEPTION.has(id) || (isReplaceable && REPLACEABLE.has(id));
  const chosen = chosenFrom(parseSpdx(one.licence), isAllowed);
  if (chosen !== undefined) return chosen;
  const where = one.name === name ? name : `${one.name}, inside ${name},`;
  throw new WorkerError('internal', `${where} is under ${one.licence}, which may not be inside the executable`, {
    hint: 'Take another package, or, where the licence asks for nothing but its text, add it to install/licences/policy.ts.',
  });
}
