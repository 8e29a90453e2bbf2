/**
 * Expressions of the language: names, numbers, + - * / ( ), comparisons, and/or/not, `sum min max`. Nothing else: no strings, no
 * property access, no loops, so nothing can run away (H21, H22). Missing (null) operands give missing; dividing by zero does too.
 * `and`/`or` know when the missing side cannot matter: false and missing = false, true or missing = true.
 */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'negate' | 'not'; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'call'; readonly name: 'sum' | 'min' | 'max'; readonly operands: readonly Expression[] }

type Operator = '+' | '-' | '*' | '/' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'and' | 'or'

/** A number, true/false, missing, or one such value per phase. */
export type Scalar = number | boolean | null
export type Value = Scalar | readonly Scalar[]

const MAX_LENGTH = 500
const MAX_DEPTH = 20
const TOKEN =
  /\s*(?:(0x[0-9a-fA-F]{1,8}|\d{1,12}(?:\.\d{1,9})?)|([A-Za-z_][A-Za-z0-9_]{0,31})|(==|!=|<=|>=|[-+*/()<>,]))/uy

class SyntaxFault extends Error {}

/** The expression, or a sentence about what is wrong. */
export function parseExpression(text: string): Expression | string {
  if (text.length > MAX_LENGTH) return `longer than ${MAX_LENGTH} characters`
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const from = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (match === null)
      return `cannot read "${text.slice(from, from + 12).trim()}" (names, numbers, + - * / ( ), comparisons, and or not, sum min max)`
    tokens.push(match[0].trim())
  }
  let next = 0
  const peek = (): string => tokens[next] ?? ''
  const take = (): string => tokens[next++] ?? ''
  const expect = (token: string): void => {
    const found = take()
    if (found !== token)
      throw new SyntaxFault(`expected "${token}"${found === '' ? ' at the end' : ` before "${found}"`}`)
  }
  const binary = (operators: readonly string[], below: (depth: number) => Expression) => {
    return (depth: number): Expression => {
      let left = below(depth)
      for (let chain = 0; operators.includes(peek()); chain++) {
        if (chain > 60) throw new SyntaxFault('too many terms')
        const operator = take()
        if (!isOperator(operator)) throw new SyntaxFault(`"${operator}" is no operator`)
        left = { kind: 'binary', operator, left, right: below(depth) }
      }
      return left
    }
  }
  const primary = (depth: number): Expression => {
    if (depth > MAX_DEPTH) throw new SyntaxFault(`nested deeper than ${MAX_DEPTH}`)
    const token = take()
    if (token === '(') {
      const inner = or(depth + 1)
      expect(')')
      return inner
    }
    if (token === '-') return { kind: 'negate', operand: primary(depth + 1) }
    if (/^\d/u.test(token)) return { kind: 'number', value: Number(token) }
    if (token === 'sum' || token === 'min' || token === 'max') {
      expect('(')
      const operands = [or(depth + 1)]
      while (peek() === ',') {
        take()
        operands.push(or(depth + 1))
      }
      expect(')')
      return { kind: 'call', name: token, operands }
    }
    if (/^[A-Za-z_]/u.test(token) && !KEYWORDS.has(token)) {
      if (peek() === '(') throw new SyntaxFault(`"${token}(" is not a function; only sum, min and max are`)
      return { kind: 'name', name: token }
    }
    throw new SyntaxFault(token === '' ? 'it ends too early' : `unexpected "${token}"`)
  }
  const product = binary(['*', '/'], primary)
  const sum = binary(['+', '-'], product)
  const comparison = (depth: number): Expression => {
    const left = sum(depth)
    const operator = peek()
    if (!COMPARISONS.has(operator) || !isOperator(operator)) return left
    take()
    const right = sum(depth)
    if (COMPARISONS.has(peek())) throw new SyntaxFault('comparisons cannot be chained; use `and`')
    return { kind: 'binary', operator, left, right }
  }
  const not = (depth: number): Expression => {
    if (depth > MAX_DEPTH) throw new SyntaxFault(`nested deeper than ${MAX_DEPTH}`)
    if (peek() !== 'not') return comparison(depth)
    take()
    return { kind: 'not', operand: not(depth + 1) }
  }
  const and = binary(['and'], not)
  const or: (depth: number) => Expression = binary(['or'], and)
  try {
    const expression = or(0)
    if (next < tokens.length) return `unexpected "${peek()}"`
    return expression
  } catch (error) {
    if (error instanceof SyntaxFault) return error.message
    throw error
  }
}

const KEYWORDS = new Set(['and', 'or', 'not', 'sum', 'min', 'max'])
const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>='])
const OPERATORS = new Set(['+', '-', '*', '/', '==', '!=', '<', '<=', '>', '>=', 'and', 'or'])
function isOperator(token: string): token is Operator {
  return OPERATORS.has(token)
}

/** All names that the expression reads. */
export function namesIn(expression: Expression): ReadonlySet<string> {
  const names = new Set<string>()
  const visit = (node: Expression): void => {
    if (node.kind === 'name') names.add(node.name)
    else if (node.kind === 'binary') {
      visit(node.left)
      visit(node.right)
    } else if (node.kind === 'call') node.operands.forEach(visit)
    else if (node.kind !== 'number') visit(node.operand)
  }
  visit(expression)
  return names
}

/** Numbers written in the expression: the simulator tries them when it runs a rule in reverse. */
export function numbersIn(expression: Expression): readonly number[] {
  if (expression.kind === 'number') return [expression.value]
  if (expression.kind === 'binary') return [...numbersIn(expression.left), ...numbersIn(expression.right)]
  if (expression.kind === 'call') return expression.operands.flatMap(numbersIn)
  return expression.kind === 'name' ? [] : numbersIn(expression.operand)
}

/** Value of the expression; per-phase values are worked element by element. Never NaN, never infinite. */
export function evaluate(expression: Expression, valueOf: (name: string) => Value): Value {
  switch (expression.kind) {
    case 'number':
      return expression.value
    case 'name':
      return valueOf(expression.name)
    case 'negate':
      return each(evaluate(expression.operand, valueOf), (value) => finite(-toNumber(value)))
    case 'not':
      return each(evaluate(expression.operand, valueOf), (value) => !truth(value))
    case 'binary':
      return combine(evaluate(expression.left, valueOf), evaluate(expression.right, valueOf), (left, right) =>
        apply(expression.operator, left, right),
      )
    case 'call':
      return fold(expression.name, expression.operands.map((operand) => evaluate(operand, valueOf)).flat())
  }
}

function each(value: Value, change: (scalar: number | boolean) => Scalar): Value {
  const one = (scalar: Scalar): Scalar => (scalar === null ? null : change(scalar))
  return isList(value) ? value.map(one) : one(value)
}

function combine(left: Value, right: Value, join: (left: Scalar, right: Scalar) => Scalar): Value {
  if (!isList(left) && !isList(right)) return join(left, right)
  const length = Math.max(isList(left) ? left.length : 0, isList(right) ? right.length : 0)
  const pick = (value: Value, index: number): Scalar => (isList(value) ? (value[index] ?? null) : value)
  return Array.from({ length }, (_, index) => join(pick(left, index), pick(right, index)))
}

export function isList(value: Value): value is readonly Scalar[] {
  return Array.isArray(value)
}

function apply(operator: Operator, left: Scalar, right: Scalar): Scalar {
  if (operator === 'and' || operator === 'or') {
    const decides = operator === 'or'
    if ((left !== null && truth(left) === decides) || (right !== null && truth(right) === decides)) return decides
    return left === null || right === null ? null : !decides
  }
  if (left === null || right === null) return null
  const a = toNumber(left)
  const b = toNumber(right)
  switch (operator) {
    case '+':
      return finite(a + b)
    case '-':
      return finite(a - b)
    case '*':
      return finite(a * b)
    case '/':
      return b === 0 ? null : finite(a / b)
    case '==':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
  }
}

/** `sum(p)`, `min`, `max` skip missing operands; missing only when all are. */
function fold(name: 'sum' | 'min' | 'max', values: readonly Scalar[]): Scalar {
  const numbers = values.filter((value) => value !== null).map(toNumber)
  if (numbers.length === 0) return null
  if (name === 'sum') return finite(numbers.reduce((total, value) => total + value, 0))
  return name === 'min' ? Math.min(...numbers) : Math.max(...numbers)
}

function truth(value: number | boolean): boolean {
  return value !== false && value !== 0
}

function toNumber(value: number | boolean): number {
  return typeof value === 'number' ? value : value ? 1 : 0
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
