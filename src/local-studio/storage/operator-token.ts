import type { DataFolder } from '../../system/disk/data-folder.ts';
import type { Random } from '../../system/random.ts';
import { newToken } from './secrets.ts';

/** The operator token's file in a studio's data folder. */
export const OPERATOR_TOKEN_FILE = 'operator-token';

/** Reads the operator token, or mints one. */
export async function loadOperatorToken(folder: DataFolder, random: Pick<Random, 'hex'>): Promise<string> {
  const known = (await folder.readText(OPERATOR_TOKEN_FILE))?.trim();
  if (known !== undefined && known !== '') return known;
  const token = newToken(random);
  await folder.writeText(OPERATOR_TOKEN_FILE, `${token}\n`);
  return token;
}
