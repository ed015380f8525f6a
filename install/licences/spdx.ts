import { WorkerError } from '../../src/base/errors.ts';

/** A licence expression (SPDX specification 2.3, annex D). */
export type Expression =
  | { readonly is: 'licence'; readonly id: string }
  | { readonly is: 'and' | 'or'; readonly left: Expression; readonly right: Expression };

/** @throws WorkerError `internal` for what is no expression */
export function parseSpdx(text: string): Expression {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const take = (): string => tokens[at++] ?? '';
  const takes = (word: string): boolean => tokens[at]?.toUpperCase() === word && ++at > 0;
  const broken = (): WorkerError =>
    new WorkerError('internal', `${JSON.stringify(text)} is no SPDX licence expression`);

  function licence(): Expression {
    if (takes('(')) {
      const inner = either();
      if (!takes(')')) throw broken();
      return inner;
    }
    const id = take();
    if (!/^[A-Za-z0-9][A-Za-z0-9.-]*\+?$/.test(id) || /^(AND|OR|WITH)$/i.test(id)) throw broken();
    if (!takes('WITH')) return { is: 'licence', id };
    const exception = take();
    if (!/^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(exception)) throw broken();
    return { is: 'licence', id: `${id} WITH ${exception}` };
  }
  function both(): Expression {
    let left = licence();
    while (takes('AND')) left = { is: 'and', left, right: licence() };
    return left;
  }
  function either(): Expression {
    let left = both();
    while (takes('OR')) left = { is: 'or', left, right: both() };
    return left;
  }

  const expression = either();
  if (at < tokens.length) throw broken();
  return expression;
}

/** The licences under which a component is taken, of those that it offers; undefined when none of its offers will do. */
export function chosenFrom(expression: Expression, isAllowed: (id: string) => boolean): readonly string[] | undefined {
  if (expression.is === 'licence') return isAllowed(expression.id) ? [expression.id] : undefined;
  const left = chosenFrom(expression.left, isAllowed);
  if (expression.is === 'or') return left ?? chosenFrom(expression.right, isAllowed);
  const right = chosenFrom(expression.right, isAllowed);
  return left === undefined || right === undefined ? undefined : [...left, ...right];
}
