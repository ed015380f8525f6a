import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WorkerError } from '../../src/base/errors.ts';

const SPDX_TEXTS = 'node_modules/spdx-license-list/licenses';
const LICENCE_FILE = /^(licen[cs]e|copying|notice)/i;

/** What a package says in its own files about its licence, if anything. */
export function ownText(folder: string): string | undefined {
  const files = readdirSync(folder).filter((name) => LICENCE_FILE.test(name) && !/\.[jt]s$/.test(name));
  const texts = files.toSorted().map((name) => plain(readFileSync(join(folder, name), 'utf8')));
  return texts.length === 0 ? undefined : texts.join('\n\n');
}

/**
 * The text of a licence, as SPDX has it.
 *
 * @throws WorkerError `internal` for an identifier that SPDX has not
 */
export function spdxText(id: string): string {
  const [licence = '', exception] = id.split(' WITH ');
  return exception === undefined ? textOf(licence) : `${textOf(licence)}\n\n${exceptionText(exception)}`;
}

function textOf(id: string): string {
  const path = join(SPDX_TEXTS, `${id}.json`);
  const facts: unknown = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  if (typeof facts === 'object' && facts !== null && 'licenseText' in facts) return plain(String(facts.licenseText));
  throw new WorkerError('internal', `SPDX has no licence ${id}`);
}

/** https://spdx.org/licenses/LLVM-exception.html */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  [
    'LLVM-exception',
    `---- LLVM Exceptions to the Apache 2.0 License ----

As an exception, if, as a result of your compiling your source code, portions of this Software are embedded into an
Object form of such source code, you may redistribute such embedded portions in such Object form without complying with
the conditions of Sections 4(a), 4(b) and 4(d) of the License.

In addition, if you combine or link compiled forms of this Software with software that is licensed under the GPLv2
("Combined Software") and if a court of competent jurisdiction determines that the patent provision (Section 3), the
indemnity provision (Section 9) or other Section of the License conflicts with the conditions of the GPLv2, you may
retroactively and prospectively choose to deem waived or otherwise exclude such Section(s) of the License, but only in
their entirety and only with respect to the Combined Software.`,
  ],
]);

function exceptionText(id: string): string {
  const text = EXCEPTIONS.get(id);
  if (text === undefined) throw new WorkerError('internal', `there is no text of the exception ${id}`);
  return text;
}

const plain = (text: string): string => text.replaceAll('\r\n', '\n').trim();
