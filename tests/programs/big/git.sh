# init, commit, log, clone over file, gc, fsck.
export GIT_AUTHOR_DATE='@1000000000 +0000' GIT_COMMITTER_DATE='@1000000000 +0000' GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
git="$B git"
$git init -q -b main r && cd r && cp "$DATA"/*.txt "$DATA"/*.sql . && $git add . && $git commit -q -m one
echo more >>words.txt && $git commit -qam two && $git log --stat | cat
cd .. && $git clone -q "file://$PWD/r" c && cd c && $git log --oneline && $git gc -q && $git fsck
