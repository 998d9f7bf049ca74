# Ruby.
$B ruby -W0 "$BIG/script.rb"
