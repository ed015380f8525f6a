import { readFileSync } from 'node:fs';
import { codeOf } from '../../base/system-code.ts';
import { replaceFile } from '../../system/disk/disk.ts';
import type { Random } from '../../system/random.ts';
import { newToken } from './secrets.ts';

/** The operator token's file in a studio's data folder. */
export const OPERATOR_TOKEN_FILE = 'operator-token';

/** Reads the operator token, or mints one. Whole or absent after a kill, and readable by its owner alone. */
export function loadOperatorToken(path: string, random: Pick<Random, 'hex'>): string {
  const known = readIfThere(path)?.trim();
  if (known !== undefined && known !== '') return known;
  const token = newToken(random);
  replaceFile(path, [new TextEncoder().encode(`${token}\n`)], { mode: 0o600, durable: true });
  return token;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}
