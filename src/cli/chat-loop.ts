import { toWorkerError } from '../base/errors.ts';
import { sanitizeText } from '../base/foreign-text.ts';
import { describeFailure } from './exit.ts';
import { printFailure } from './output.ts';
import type { World } from './world.ts';
import type { AskLine, ChatTurn, LocalChat } from './world/chat.ts';

const PROMPT = '> ';
const HELP = 'Ctrl-C ends an answer, Ctrl-D the chat. /clear forgets what was said, /exit ends the chat.\n';
/** 128 + SIGINT, as shells report it. */
const INTERRUPTED = 130;

/** What a line at the prompt asks for. */
export type PromptLine = { readonly is: 'nothing' | 'help' | 'clear' | 'exit' } | { readonly is: 'message' };

export function readLine(text: string): PromptLine {
  const word = text.trim().toLowerCase();
  if (word === '') return { is: 'nothing' };
  if (word === '/exit' || word === '/bye' || word === '/quit') return { is: 'exit' };
  if (word === '/clear') return { is: 'clear' };
  return word === '/help' || word === '/?' ? { is: 'help' } : { is: 'message' };
}

interface Chatting {
  readonly world: Pick<World, 'terminal' | 'interruptible'>;
  readonly ask: AskLine;
  /** What the model is told before anything else. */
  readonly before: readonly ChatTurn[];
}

/** Asks and answers until the operator ends the chat. A message that could not be answered is forgotten. */
export async function chatAtTerminal(chat: LocalChat, { world, ask, before }: Chatting): Promise<number> {
  const { stdout, stderr } = world.terminal;
  let turns = before;
  let interruptedBefore = false;
  stderr.write(`${chat.model}. ${HELP}`);
  for (;;) {
    const typed = await ask(PROMPT);
    if (typed.is === 'ended' || (typed.is === 'interrupted' && interruptedBefore)) break;
    interruptedBefore = typed.is === 'interrupted';
    if (typed.is === 'interrupted') {
      stderr.write('\nCtrl-C once more, or Ctrl-D, ends the chat.\n');
      continue;
    }
    const asked = readLine(typed.text);
    if (asked.is === 'exit') return 0;
    if (asked.is === 'clear') turns = before;
    if (asked.is === 'help') stderr.write(HELP);
    if (asked.is !== 'message') continue;
    const answered = await answer(chat, [...turns, { role: 'user', content: typed.text }], world);
    if (!answered.mayStay || stdout.failure !== undefined) return INTERRUPTED;
    turns = answered.turns ?? turns;
  }
  stdout.write('\n');
  return 0;
}

interface Answered {
  /** The chat with its answer, whole or as far as it came; undefined where there is none. */
  readonly turns: readonly ChatTurn[] | undefined;
  readonly mayStay: boolean;
}

async function answer(chat: LocalChat, turns: readonly ChatTurn[], world: Chatting['world']): Promise<Answered> {
  let text = '';
  const show = (piece: string): void => {
    text += piece;
    world.terminal.stdout.write(sanitizeText(piece));
  };
  const withAnswer = (): Answered['turns'] =>
    text === '' ? undefined : [...turns, { role: 'assistant', content: text }];
  try {
    const ended = await world.interruptible((signal) => chat.answer(turns, show, signal));
    world.terminal.stdout.write('\n');
    if (ended.is === 'interrupted') return { turns: withAnswer(), mayStay: ended.mayStay };
    if (ended.value.finish === 'length') world.terminal.stderr.write('(cut: the answer reached its most tokens)\n');
    return { turns: withAnswer(), mayStay: true };
  } catch (thrown) {
    if (text !== '') world.terminal.stdout.write('\n');
    printFailure(world.terminal, describeFailure(thrown));
    return { turns: undefined, mayStay: toWorkerError(thrown).code !== 'worker.not-running' };
  }
}

/** Answers one message. On a terminal what it says is shown; in a pipe it is written as it is. */
export async function answerOnce(
  chat: LocalChat,
  turns: readonly ChatTurn[],
  { terminal: { stdout }, interruptible }: Pick<World, 'terminal' | 'interruptible'>,
): Promise<number> {
  const show = (piece: string): void => stdout.write(stdout.isTty ? sanitizeText(piece) : piece);
  const ended = await interruptible((signal) => chat.answer(turns, show, signal));
  stdout.write('\n');
  return ended.is === 'done' ? 0 : INTERRUPTED;
}
