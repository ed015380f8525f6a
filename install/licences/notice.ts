import type { Collected } from './collect.ts';
import { licencesOf } from './policy.ts';
import { spdxText } from './texts.ts';

const RULE = '='.repeat(80);

/**
 * The file `NOTICE`: what is inside the executable, then every licence text.
 *
 * @throws WorkerError `internal` for a licence that may not be inside the executable
 */
export function noticeOf(collected: readonly Collected[], ownLicence: string): string {
  const sections = collected.map(sectionOf);
  const needed = collected.flatMap(neededTexts);
  const texts = [...new Set(needed)].toSorted().map((id) => `${RULE}\n${id}\n${RULE}\n\n${spdxText(id)}`);
  return `${[`studio-worker\n\n${ownLicence.trim()}`, HEAD, ...sections, APPENDIX, ...texts].join('\n\n')}\n`;
}

const HEAD = `${RULE}\nInside this program\n${RULE}

The program contains the following work of others. Nothing in it is under the GNU General Public License. That text
follows below only because the GNU Lesser General Public License, version 3, consists of it and of additions.`;
const APPENDIX = `${RULE}\nLicence texts\n${RULE}

The texts that the list above refers to, as published by SPDX; the copyright is that of the component's authors.`;

function sectionOf({ component, text, author }: Collected): string {
  const { name, version, licence, source, inside, replacing } = component;
  const lines = [
    RULE,
    [name, version].filter((part) => part !== undefined).join(' '),
    RULE,
    '',
    `Licence: ${licence}`,
    `Source:  ${source}`,
  ];
  if (text === undefined)
    lines.push('', `Copyright (c) ${author ?? `the authors of ${name}`}. The text of the licence is below.`);
  if (inside.length > 0) {
    lines.push(
      '',
      'In it:',
      ...inside.map((one) => `- ${one.name}${one.version === undefined ? '' : ` ${one.version}`}: ${one.licence}`),
    );
  }
  if (replacing !== undefined) lines.push('', 'To replace what is under the LGPL or MPL:', '', replacing);
  if (text !== undefined) lines.push('', text);
  return lines.join('\n');
}

/** Its own licence only where no file of the component has the text, those of its parts always. */
function neededTexts({ component, text }: Collected): readonly string[] {
  const { own, inside } = licencesOf(component);
  return text === undefined ? [...own, ...inside] : inside;
}
