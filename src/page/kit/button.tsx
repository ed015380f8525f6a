import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Icon, type IconName } from './icons/icons.tsx';

export type ButtonLook = 'primary' | 'danger' | 'danger-fill' | 'quiet';

interface ButtonProps {
  readonly children?: ComponentChildren;
  readonly icon?: IconName;
  readonly look?: ButtonLook | undefined;
  readonly small?: boolean;
  readonly wide?: boolean;
  /** Stays pressed. */
  readonly pressed?: boolean;
  /** Why it cannot be pressed now. It keeps its place and the focus, and says so. */
  readonly off?: string | undefined;
  readonly title?: string | undefined;
  readonly label?: string | undefined;
  readonly keys?: string | undefined;
  readonly submit?: boolean;
  /** What `Ctrl+S` presses. */
  readonly save?: boolean;
  /** A promise keeps the button from a second press until it settles. */
  readonly onPress?: (() => void | Promise<unknown>) | undefined;
}

/** A button that says what it does. */
export function Button(props: ButtonProps) {
  const { children, icon, off, title, label, keys, pressed, submit = false, onPress } = props;
  const [underway, setUnderway] = useState(false);
  const press = (event: Event): void => {
    if (off !== undefined || underway) return event.preventDefault();
    const pending = onPress?.();
    if (pending === undefined) return;
    setUnderway(true);
    void pending.finally(() => setUnderway(false));
  };
  return (
    <button
      class={classOf(props)}
      type={submit ? 'submit' : 'button'}
      title={off ?? title}
      aria-label={label}
      aria-pressed={pressed}
      aria-disabled={off !== undefined || underway ? true : undefined}
      aria-keyshortcuts={keys}
      data-save={props.save ? true : undefined}
      onClick={press}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

function classOf({ look, small = false, wide = false, pressed = false, children, icon }: ButtonProps): string {
  const names = ['btn'];
  if (look !== undefined) names.push(`btn--${look}`);
  if (wide) names.push('btn--wide');
  if (small) names.push('btn--sm');
  if (pressed) names.push('btn--on');
  if (icon !== undefined && children === undefined) names.push('btn--icon');
  return names.join(' ');
}

interface IconButtonProps {
  readonly icon: IconName;
  /** What it does; read out, and shown under the pointer. */
  readonly label: string;
  readonly keys?: string;
  readonly off?: string | undefined;
  readonly expanded?: boolean | undefined;
  readonly menu?: boolean;
  readonly onPress: () => void;
}

/** A small button without a visible word, for actions that every row has. */
export const IconButton = ({ icon, label, keys, off, expanded, menu = false, onPress }: IconButtonProps) => (
  <button
    class="btn btn--quiet btn--sm btn--icon"
    type="button"
    title={off ?? label}
    aria-disabled={off === undefined ? undefined : true}
    aria-keyshortcuts={keys}
    aria-haspopup={menu ? 'menu' : undefined}
    aria-expanded={expanded}
    onClick={() => off === undefined && onPress()}
  >
    <Icon name={icon} />
    <span class="visually-hidden">{label}</span>
  </button>
);

interface LinkButtonProps {
  readonly href: string;
  readonly children: ComponentChildren;
  readonly icon?: IconName;
  readonly look?: ButtonLook;
  readonly small?: boolean;
  readonly wide?: boolean;
  /** Leaves the window, so it opens another. */
  readonly outside?: boolean;
}

/** Goes somewhere; looks like a button. */
export const LinkButton = ({
  href,
  children,
  icon,
  look,
  small = false,
  wide = false,
  outside = false,
}: LinkButtonProps) => (
  <a
    class={classOf({ look, small, wide, children })}
    href={href}
    target={outside ? '_blank' : undefined}
    rel={outside ? 'noreferrer' : undefined}
  >
    {icon !== undefined && <Icon name={icon} />}
    {children}
  </a>
);
