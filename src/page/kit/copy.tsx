import { useEffect, useState } from 'preact/hooks';
import { SECOND_MS } from '../../base/units.ts';
import { SHARED } from '../words/shared.ts';
import { Button, type ButtonLook } from './button.tsx';
import { Icon } from './icons/icons.tsx';
import { useBrowser } from './page-context.ts';

/** Long enough to be read. */
const COPIED_MS = 2 * SECOND_MS;

/** Copies, and says for two seconds that it did. */
function useCopy(text: () => string): readonly [copied: boolean, copy: () => Promise<void>] {
  const { copy, after } = useBrowser();
  const [copied, setCopied] = useState(false);
  useEffect(() => (copied ? after(COPIED_MS, () => setCopied(false)) : undefined), [copied, after]);
  return [copied, () => copy(text()).then(() => setCopied(true))];
}

/** A copy button without a word, beside what it copies. */
export function CopyIcon({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, copy] = useCopy(() => text);
  const shown = copied ? SHARED.copied : label;
  return (
    <button class="btn btn--quiet btn--sm btn--icon" type="button" title={shown} onClick={() => void copy()}>
      <Icon name={copied ? 'check' : 'copy'} />
      <span class="visually-hidden" role="status">
        {shown}
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
  const [copied, copy] = useCopy(text);
  return (
    <Button icon={copied ? 'check' : 'copy'} look={look} small={small} title={title} onPress={copy}>
      {copied ? SHARED.copied : label}
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
