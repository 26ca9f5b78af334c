# Completion for btu in fish: btu completion fish | source
# All answers come from btu itself, so they fit the version that is installed.

function __btu_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    or return
    if test "$answer[1]" = files
        set -l head (string match -r -- '^--[^=]*=' "$current")
        set -l start (string replace -r -- '^--[^=]*=' '' "$current")
        for path in (__fish_complete_path "$start")
            echo -- "$head$path"
        end
        return
    end
    printf '%s\n' $answer[2..-1]
end

complete -c btu -f -a '(__btu_complete)'
