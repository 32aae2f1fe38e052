//! Shells that are not Bash, and what of Bash its parser does not know.

/// Shells that are not Bash.
pub const SHELLS: [&str; 18] = [
    "fish",
    "fish shell",
    "zsh",
    "oh-my-zsh",
    "powershell",
    "pwsh",
    "nushell",
    "cmd.exe",
    "cmd",
    "batch",
    "windows",
    "tcsh",
    "csh",
    "xonsh",
    "elvish",
    "ksh",
    "command prompt",
    "busybox",
];

/// Marks of fish, PowerShell, cmd and zsh in what was taken for Bash.
pub fn is_other_shell(text: &str) -> bool {
    const MARKS: [&str; 30] = [
        "$env:",
        "Get-",
        "Set-",
        "New-",
        "Remove-",
        "Write-Host",
        "Write-Output",
        "ForEach-Object",
        "Where-Object",
        "Invoke-",
        "-Path ",
        "param(",
        "@echo off",
        "%~",
        "set -gx ",
        "set -x ",
        "set -l ",
        "set -U ",
        "string match",
        "string replace",
        "fish_",
        "setopt ",
        "zstyle ",
        "autoload ",
        "(N)",
        "print -P",
        "%ERRORLEVEL%",
        "setlocal",
        "foreach (",
        "$_.",
    ];
    if MARKS.iter().any(|mark| text.contains(mark)) {
        return true;
    }
    // Blocks of fish end in `end`, those of csh in `endif`; no block of Bash does.
    text.lines().map(str::trim).any(|line| {
        let lower = line.to_ascii_lowercase();
        let ends = ["end", "endif", "endsw"].contains(&lower.as_str())
            || lower.ends_with("; end")
            || lower.starts_with("end <")
            || lower.starts_with("end |");
        let batch = ["rem ", "goto ", "::", "for /", "if not exist ", "if exist "]
            .iter()
            .any(|start| lower.starts_with(start))
            || lower.contains(" goto ")
            || lower.contains("\"==\"");
        let nushell =
            line.contains("| each {") || line.contains("| where ") || line.contains(" |it| ");
        let menu = line.starts_with("select ") && line.contains(" in ");
        ends || batch || nushell || menu
    })
}
