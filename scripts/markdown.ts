/** Small pieces of Markdown for the generated pages. */

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

export function code(text: string): string {
  return `\`${text}\``
}

/** The first lines of a page: what it is, and that nobody edits it. */
export function pageHead(title: string, madeFrom: string): string {
  return `# ${title}\n\n<!-- Made from ${madeFrom} by \`npm run generate\`; edit that, not this page. -->\n`
}

function line(cells: readonly string[]): string {
  return `| ${cells.map(cell).join(' | ')} |`
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ')
}
