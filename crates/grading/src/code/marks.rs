//! Marks in a line of code that speak for a language.

use std::sync::LazyLock;

use super::language::Language;
use At::{End, Inside, Start};
use Language::{Bash, Go, Java, JavaScript, Python, Rust, TypeScript};

/// How a mark has to stand in a line, blanks at the ends cut off.
enum At {
    Start,
    End,
    Inside,
}

/// Marks of a language in a line, and how much each says.
static MARKS: &[Mark] = &[
    (Python, Start, "def ", 4),
    (Python, Start, "async def ", 5),
    (Python, Start, "from ", 1),
    (Python, Inside, "self.", 2),
    (Python, Inside, "__", 2),
    (Python, Start, "elif ", 5),
    (Python, Start, "except ", 3),
    (Python, Start, "with open(", 4),
    (Python, Start, "print(", 2),
    (Python, Inside, " import ", 1),
    (Python, Start, "import ", 1),
    (Python, End, ":", 1),
    (Python, Start, "# ", 1),
    (Python, Inside, " not in ", 2),
    (Python, Inside, "lambda ", 2),
    (Python, Inside, "None", 1),
    (Python, Inside, "True", 1),
    (Python, Inside, "\"\"\"", 1),
    (Python, Start, "@", 1),
    (Python, Inside, " = ", 1),
    (Python, End, ")", 1),
    (JavaScript, Start, "const ", 4),
    (JavaScript, Start, "let ", 2),
    (JavaScript, Start, "var ", 2),
    (JavaScript, Start, "function ", 3),
    (JavaScript, Start, "async function ", 5),
    (JavaScript, Start, "export default", 5),
    (JavaScript, Start, "export const", 5),
    (JavaScript, Start, "export function", 5),
    (JavaScript, Start, "export class", 5),
    (JavaScript, Start, "export async", 5),
    (JavaScript, Start, "export {", 5),
    (JavaScript, Start, "export interface", 3),
    (JavaScript, Start, "export type", 3),
    (JavaScript, Inside, "=> ", 2),
    (JavaScript, Inside, "=> {", 2),
    (JavaScript, Inside, "console.log", 4),
    (JavaScript, Inside, "document.", 3),
    (JavaScript, Inside, "require(", 3),
    (JavaScript, Inside, "===", 3),
    (JavaScript, Inside, "} from '", 4),
    (JavaScript, Inside, "} from \"", 4),
    (JavaScript, Inside, " from '", 3),
    (JavaScript, Start, "//", 1),
    (JavaScript, End, "});", 3),
    (JavaScript, End, "},", 1),
    (JavaScript, Inside, "await ", 1),
    (JavaScript, Inside, "this.", 1),
    (JavaScript, End, ";", 1),
    (TypeScript, Start, "interface ", 5),
    (TypeScript, Start, "type ", 3),
    (TypeScript, Start, "enum ", 2),
    (TypeScript, Inside, ": string", 5),
    (TypeScript, Inside, ": number", 5),
    (TypeScript, Inside, ": boolean", 5),
    (TypeScript, Inside, ": void", 5),
    (TypeScript, Inside, ": any", 5),
    (TypeScript, Inside, ": Promise<", 5),
    (TypeScript, Inside, "private ", 2),
    (TypeScript, Inside, "readonly ", 3),
    (TypeScript, Inside, " as const", 4),
    (TypeScript, Inside, "import type", 5),
    (TypeScript, Start, "@Component", 5),
    (TypeScript, Start, "@Injectable", 5),
    (Rust, Start, "fn ", 5),
    (Rust, Start, "pub ", 4),
    (Rust, Start, "use ", 3),
    (Rust, Start, "let mut ", 5),
    (Rust, Start, "let ", 1),
    (Rust, Start, "impl", 5),
    (Rust, Start, "mod ", 3),
    (Rust, Start, "#[", 5),
    (Rust, Start, "#![", 5),
    (Rust, Start, "match ", 3),
    (Rust, Inside, "println!(", 5),
    (Rust, Inside, ".unwrap()", 3),
    (Rust, Inside, "&mut ", 4),
    (Rust, Inside, "&self", 5),
    (Rust, Inside, "-> ", 1),
    (Rust, Inside, "::<", 3),
    (Rust, Inside, "Some(", 2),
    (Rust, Inside, "self.", 1),
    (Rust, Start, "///", 3),
    (Rust, Start, "//", 1),
    (Rust, End, ";", 1),
    (Rust, Inside, "::", 1),
    (Go, Start, "package ", 5),
    (Go, Start, "func ", 5),
    (Go, Start, "func (", 3),
    (Go, Inside, " := ", 4),
    (Go, Inside, "fmt.", 4),
    (Go, Inside, "err != nil", 5),
    (Go, Inside, " nil", 1),
    (Go, Start, "type ", 2),
    (Go, End, "struct {", 3),
    (Go, Start, "defer ", 4),
    (Go, Inside, "chan ", 2),
    (Go, Inside, "[]string", 4),
    (Go, Inside, "[]byte", 4),
    (Go, Start, "import (", 5),
    (Go, Start, "//", 1),
    (Java, Start, "public class ", 6),
    (Java, Start, "public static ", 5),
    (Java, Start, "public interface ", 5),
    (Java, Start, "import java", 6),
    (Java, Start, "import org.", 4),
    (Java, Start, "import com.", 4),
    (Java, Start, "public ", 2),
    (Java, Start, "private ", 2),
    (Java, Start, "private final ", 3),
    (Java, Start, "protected ", 2),
    (Java, Inside, "System.out", 5),
    (Java, Start, "@Override", 5),
    (Java, Start, "@Autowired", 5),
    (Java, Start, "String ", 4),
    (Java, Start, "int ", 2),
    (Java, Inside, " = new ", 2),
    (Java, Start, "package ", 3),
    (Java, Inside, " throws ", 4),
    (Java, Start, "//", 1),
    (Java, End, ";", 1),
    (Java, Inside, "String ", 1),
    (Bash, Start, "#!/", 9),
    (Bash, Start, "echo ", 4),
    (Bash, Start, "sudo ", 6),
    (Bash, Start, "apt", 4),
    (Bash, Start, "npm ", 6),
    (Bash, Start, "npx ", 6),
    (Bash, Start, "yarn ", 6),
    (Bash, Start, "pip", 5),
    (Bash, Start, "git ", 6),
    (Bash, Start, "cd ", 5),
    (Bash, Start, "docker", 6),
    (Bash, Start, "kubectl ", 6),
    (Bash, Start, "curl ", 6),
    (Bash, Start, "ssh", 5),
    (Bash, Start, "scp ", 6),
    (Bash, Start, "ffmpeg ", 6),
    (Bash, Start, "mkdir ", 5),
    (Bash, Start, "export ", 3),
    (Bash, Start, "source ", 5),
    (Bash, Start, "awk ", 6),
    (Bash, Start, "grep ", 6),
    (Bash, Start, "sed ", 6),
    (Bash, Start, "ip ", 5),
    (Bash, Start, "iptables ", 6),
    (Bash, Start, "systemctl ", 6),
    (Bash, Start, "cat ", 5),
    (Bash, Start, "mv ", 5),
    (Bash, Start, "cp ", 5),
    (Bash, Start, "rm ", 5),
    (Bash, Start, "chmod ", 6),
    (Bash, Start, "find ", 4),
    (Bash, Start, "for i in", 2),
    (Bash, Start, "python ", 5),
    (Bash, Start, "python3 ", 5),
    (Bash, Start, "go get ", 7),
    (Bash, Start, "cargo ", 6),
    (Bash, Start, "./", 4),
    (Bash, Start, "$ ", 5),
    (Bash, Start, "if [", 5),
    (Bash, End, "; then", 6),
    (Bash, End, "; do", 6),
    (Bash, Start, "fi", 3),
    (Bash, Start, "done", 4),
    (Bash, Start, "esac", 4),
    (Bash, Inside, "$(", 4),
    (Bash, Inside, " | ", 2),
    (Bash, Inside, "\"$", 2),
    (Bash, Inside, " --", 2),
    (Bash, Start, "# ", 1),
    (Bash, End, "\\", 2),
];

/// The marks by the byte that each begins with, or ends with: of a line each byte is looked at once, however
/// many marks there are.
struct Index {
    starts: Vec<Vec<&'static Mark>>,
    ends: Vec<Vec<&'static Mark>>,
    /// Those that may stand anywhere, each with a bit of its own.
    inside: Vec<Vec<(u128, &'static Mark)>>,
}

type Mark = (Language, At, &'static str, i32);

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index {
        starts: vec![Vec::new(); 128],
        ends: vec![Vec::new(); 128],
        inside: vec![Vec::new(); 128],
    };
    let mut bit = 1;
    for entry in MARKS {
        let bytes = entry.2.as_bytes();
        let at = |byte: Option<&u8>| usize::from(byte.map_or(0, |byte| byte & 127));
        let (first, last) = (at(bytes.first()), at(bytes.last()));
        match entry.1 {
            Start => index.starts.get_mut(first).map(|marks| marks.push(entry)),
            End => index.ends.get_mut(last).map(|marks| marks.push(entry)),
            Inside => {
                let marks = index.inside.get_mut(first);
                marks.map(|marks| marks.push((bit, entry)))
            }
        };
        if matches!(entry.1, Inside) {
            bit <<= 1;
        }
    }
    index
});

/// Tells `add` each mark of a line, once: its language, and how much it says.
pub fn each(line: &str, add: &mut impl FnMut(Language, i32)) {
    INDEX.each(line, add);
}

impl Index {
    fn each(&self, line: &str, add: &mut impl FnMut(Language, i32)) {
        let bytes = line.as_bytes();
        let begun = |byte: Option<&u8>| {
            byte.filter(|byte| byte.is_ascii())
                .map(|it| usize::from(*it))
        };
        let starts = begun(bytes.first()).and_then(|byte| self.starts.get(byte));
        let ends = begun(bytes.last()).and_then(|byte| self.ends.get(byte));
        for (language, _, mark, weight) in starts.into_iter().flatten() {
            if bytes.starts_with(mark.as_bytes()) {
                add(*language, *weight);
            }
        }
        for (language, _, mark, weight) in ends.into_iter().flatten() {
            if bytes.ends_with(mark.as_bytes()) {
                add(*language, *weight);
            }
        }
        let mut seen = 0;
        let mut rest = bytes;
        while let Some((byte, after)) = rest.split_first() {
            let marks = begun(Some(byte)).and_then(|byte| self.inside.get(byte));
            for (bit, (language, _, mark, weight)) in marks.into_iter().flatten() {
                if seen & bit == 0 && rest.starts_with(mark.as_bytes()) {
                    seen |= bit;
                    add(*language, *weight);
                }
            }
            rest = after;
        }
    }
}
