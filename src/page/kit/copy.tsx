import { useEffect, useState } from 'preact/hooks';
import { SECOND_MS } from '../../base/units.ts';
import { SHARED } from '../words/shared.ts';
import { Button, type ButtonLook } from './button.tsx';
import { Icon, type IconName } from './icons/icons.tsx';
import { useBrowser } from './page-context.ts';

/** Long enough to be read. */
const SHOWN_MS = 2 * SECOND_MS;

/** What a button to copy shows. */
interface CopyLook {
  readonly icon: IconName;
  readonly word: string;
}

const COPIED: CopyLook = { icon: 'check', word: SHARED.copied };
const NOT_COPIED: CopyLook = { icon: 'warn', word: SHARED.notCopied };

/** Copies, and shows for two seconds what came of it: a browser may keep the clipboard from a page. */
function useCopy(text: () => string, label: string): readonly [look: CopyLook, copy: () => Promise<void>] {
  const { copy, after } = useBrowser();
  const [outcome, setOutcome] = useState<CopyLook | undefined>();
  useEffect(() => (outcome === undefined ? undefined : after(SHOWN_MS, () => setOutcome(undefined))), [outcome, after]);
  const look = outcome ?? { icon: 'copy', word: label };
  return [
    look,
    () =>
      copy(text()).then(
        () => setOutcome(COPIED),
        () => setOutcome(NOT_COPIED),
      ),
  ];
}

/** A copy button without a word, beside what it copies. */
export function CopyIcon({ text, label }: { readonly text: string; readonly label: string }) {
  const [{ icon, word }, copy] = useCopy(() => text, label);
  return (
    <button class="btn btn--quiet btn--sm btn--icon" type="button" title={word} onClick={() => void copy()}>
      <Icon name={icon} />
      <span class="visually-hidden" role="status">
        {word}
      </span>
    </button>
  );
}

interface CopyButtonProps {
  /** Asked when it is pressed. */
  readonly text: () => string;
  readonly label?: string;
  readonly title?: string;
  readonly look?: ButtonLook;
  readonly small?: boolean;
}

/** A copy button with a word. */
export function CopyButton({ text, label = SHARED.copy, title, look, small = false }: CopyButtonProps) {
  const [{ icon, word }, copy] = useCopy(text, label);
  return (
    <Button icon={icon} look={look} small={small} title={title} onPress={copy}>
      {word}
    </Button>
  );
}

interface CopyTextProps {
  readonly text: string;
  /** What the text is, for a screen reader. */
  readonly what: string;
  readonly label: string;
}

/** A command or a path with its copy button. */
export const CopyText = ({ text, what, label }: CopyTextProps) => (
  <div class="copy">
    <code tabIndex={0} role="group" aria-label={what}>
      {text}
    </code>
    <CopyIcon text={text} label={label} />
  </div>
);

export const CopyCommand = ({ command }: { readonly command: string }) => (
  <CopyText text={command} what={SHARED.command} label={SHARED.copyCommand} />
);

/** Something to send to somebody: large, with the button as the main thing to do. */
export const CopyLarge = ({ text, what }: { readonly text: string; readonly what: string }) => (
  <div class="copy copy--lg">
    <code tabIndex={0} role="group" aria-label={what}>
      {text}
    </code>
    <CopyButton text={() => text} look="primary" />
  </div>
);
