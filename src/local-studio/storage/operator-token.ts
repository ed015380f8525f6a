import { errorChain, WorkerError } from '../../base/errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { DataFolder } from '../../system/disk/data-folder.ts';
import type { Random } from '../../system/random.ts';
import { newToken } from './secrets.ts';

/** The operator token's file in a studio's data folder. */
export const OPERATOR_TOKEN_FILE = 'operator-token';

/** Nobody guesses so many characters, whatever they are: a token is what an operator's every right rests on. */
const MIN_CHARACTERS = 32;
/** More than a header takes. */
const MAX_CHARACTERS = 1024;
/** What an Authorization header can carry as a token (RFC 6750 §2.1). */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
/** As a password, a word over and over is no longer than the word. */
const MIN_DIFFERENT = 8;

/**
 * Reads the operator token, or mints one. A file that others may read becomes its owner's alone, with a warning.
 *
 * @throws WorkerError `studio.token-weak` | `studio.data-damaged` | `file.unusable` | `disk.full`
 */
export async function loadOperatorToken(folder: DataFolder, random: Pick<Random, 'hex'>, log: Logger): Promise<string> {
  const path = folder.pathOf(OPERATOR_TOKEN_FILE);
  try {
    const text = await folder.readText(OPERATOR_TOKEN_FILE);
    if (text !== undefined && text.trim() !== '') {
      if (await folder.makePrivate(OPERATOR_TOKEN_FILE)) log.warn('operator-token.made-private', { path });
      return checked(text.trim(), path);
    }
    const token = newToken(random);
    await folder.writeText(OPERATOR_TOKEN_FILE, `${token}\n`);
    return token;
  } catch (thrown) {
    if (thrown instanceof WorkerError) throw thrown;
    throw new WorkerError('file.unusable', `cannot use ${path}: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Make it a plain file that this account owns, or remove it: the studio then makes a new token.',
    });
  }
}

function checked(token: string, path: string): string {
  assertToken(token, path, ANEW);
  return token;
}

/** The variable by which studios that share a database are given their token. */
export const OPERATOR_TOKEN_VARIABLE = 'STUDIO_WORKER_STUDIO_TOKEN';

/**
 * A token that was handed in is held to what a file is.
 *
 * @throws WorkerError `studio.token-weak` | `studio.data-damaged`
 */
export const assertOperatorToken = (token: string): void =>
  assertToken(token, OPERATOR_TOKEN_VARIABLE, 'Set it to a token as from `openssl rand -hex 32`.');

function assertToken(token: string, where: string, hint: string): void {
  if (!TOKEN.test(token) || token.length > MAX_CHARACTERS) {
    const message = `${where} holds no token: one line of letters and digits is allowed`;
    throw new WorkerError('studio.data-damaged', message, { hint });
  }
  if (token.length >= MIN_CHARACTERS && new Set(token).size >= MIN_DIFFERENT) return;
  const message = `the operator token in ${where} is easily guessed: it needs ${MIN_CHARACTERS} characters, ${MIN_DIFFERENT} of them different`;
  throw new WorkerError('studio.token-weak', message, { hint });
}

const ANEW = 'Remove the file: the studio makes a new token. Or write one there, as from `openssl rand -hex 32`.';
