// `anywasm completion`: scripts for shells, made from the commands as they are.
import type { Command, Option } from 'commander'
import { ENGINE_NAMES } from '../presets/engine-names.ts'
import type { SHELLS } from './program.ts'

interface Spec {
  name: string
  description: string
  options: readonly Option[]
  /** Words that may stand as arguments; files otherwise. */
  words: readonly string[]
}

function specs(program: Command): Spec[] {
  return program.commands.map((c) => ({
    name: c.name(),
    description: c.description(),
    options: c.options.filter((o) => !o.hidden),
    words: [...(c.registeredArguments[0]?.argChoices ?? []), ...c.commands.map((sub) => sub.name())],
  }))
}

const flags = (o: Option): string[] => [o.short, o.long].filter((f): f is string => f !== undefined)
const takesValue = (o: Option) => o.required || o.optional
/** Which options take a folder, which one of a few words; the others that have a value take a file. */
const FOLDERS = ['--dir']
const valuesOf = (o: Option): readonly string[] | undefined => (o.long === '--engine' ? ENGINE_NAMES : o.argChoices)

export function completion(shell: (typeof SHELLS)[number], program: Command): string {
  const all = specs(program)
  return shell === 'bash' ? bash(all) : shell === 'zsh' ? zsh(all) : fish(all)
}

function bash(all: readonly Spec[]): string {
  const names = all.map((s) => s.name).join(' ')
  const options = all.flatMap((s) => s.options)
  const withWords = new Map(options.flatMap((o) => (valuesOf(o) ? [[o.long!, valuesOf(o)!.join(' ')]] : [])))
  const withValues = options.filter((o) => takesValue(o) && !valuesOf(o)).flatMap(flags)
  const files = [...new Set(withValues)].filter((f) => !FOLDERS.includes(f))
  return `# bash completion of anywasm: source <(anywasm completion bash)
_anywasm() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      ${all.map((s) => s.name).join('|')}) command=\${COMP_WORDS[i]}; break ;;
      -*) ;;
      *) break ;;
    esac
  done
  case $prev in
${[...withWords].map(([flag, words]) => `    ${flag}) COMPREPLY=($(compgen -W "${words}" -- "$cur")); return ;;`).join('\n')}
    ${FOLDERS.join('|')}) COMPREPLY=($(compgen -d -- "$cur")); return ;;
    ${files.join('|')}) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  esac
  case $cur in
    -*)
      case $command in
${all.map((s) => `        ${s.name === 'run' ? 'run|""' : s.name}) COMPREPLY=($(compgen -W "${[...s.options.flatMap(flags), '--help'].join(' ')}" -- "$cur")) ;;`).join('\n')}
      esac ;;
    *)
      case $command in
        "") COMPREPLY=($(compgen -W "${names} help" -- "$cur") $(compgen -f -- "$cur")) ;;
${all
  .filter((s) => s.words.length > 0)
  .map((s) => `        ${s.name}) COMPREPLY=($(compgen -W "${s.words.join(' ')}" -- "$cur")) ;;`)
  .join('\n')}
        *) COMPREPLY=($(compgen -f -- "$cur")) ;;
      esac ;;
  esac
}
complete -o filenames -F _anywasm anywasm
`
}

/** Text in single quotes, where the characters that zsh's _arguments treats in a special way are escaped. */
const zshText = (s: string) => s.replaceAll("'", "'\\''").replace(/[[\]:]/g, '\\$&')

function zshOption(o: Option): string[] {
  const words = valuesOf(o)
  const action = FOLDERS.includes(o.long ?? '') ? '_files -/' : words ? `(${words.join(' ')})` : '_files'
  const value = takesValue(o) ? `:${zshText(/<(.*?)>/.exec(o.flags)?.[1] ?? 'value')}:${action}` : ''
  return flags(o).map((f) => `'*${f}[${zshText(o.description)}]${value}'`)
}

function zsh(all: readonly Spec[]): string {
  return `#compdef anywasm
# zsh completion of anywasm: anywasm completion zsh > ~/.zsh/completions/_anywasm, a folder of fpath
_anywasm() {
  local -a commands=(
${all.map((s) => `    '${s.name}:${zshText(s.description)}'`).join('\n')}
  )
  local state line
  _arguments -C '1: :->command' '*:: :->rest' && return
  if [[ $state == command ]]; then
    _describe command commands
    _files
    return
  fi
  case $line[1] in
${all
  .map(
    (s) => `    ${s.name})
      _arguments ${[...s.options.flatMap(zshOption), "'--help[show the options]'"].join(' ')} '*:argument:${s.words.length > 0 ? `(${s.words.join(' ')})` : '_files'}' ;;`,
  )
  .join('\n')}
    *) _files ;;
  esac
}
_anywasm "$@"
`
}

const fishText = (s: string) => `'${s.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

function fishOption(command: string, o: Option): string {
  const parts = [`complete -c anywasm -n ${fishText(`__fish_seen_subcommand_from ${command}`)}`]
  if (o.short) parts.push(`-s ${o.short.slice(1)}`)
  if (o.long) parts.push(`-l ${o.long.slice(2)}`)
  const words = valuesOf(o)
  if (words) parts.push(`-x -a ${fishText(words.join(' '))}`)
  else if (FOLDERS.includes(o.long ?? '')) parts.push("-x -a '(__fish_complete_directories)'")
  else if (takesValue(o)) parts.push('-r')
  return [...parts, `-d ${fishText(o.description)}`].join(' ')
}

function fish(all: readonly Spec[]): string {
  const lines = all.flatMap((s) => [
    `complete -c anywasm -n __fish_use_subcommand -a ${s.name} -d ${fishText(s.description)}`,
    ...(s.words.length > 0
      ? [
          `complete -c anywasm -f -n ${fishText(`__fish_seen_subcommand_from ${s.name}`)} -a ${fishText(s.words.join(' '))}`,
        ]
      : []),
    ...s.options.map((o) => fishOption(s.name, o)),
  ])
  return `# fish completion of anywasm: anywasm completion fish > ~/.config/fish/completions/anywasm.fish\n${lines.join('\n')}\n`
}
