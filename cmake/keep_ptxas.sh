#!/bin/sh
# keep_ptxas.sh COMMAND...: compiler launcher; runs nvcc and keeps what ptxas reports beside the object, in OBJECT.ptxas.
# ccache replays the report, so it is there for cached objects too.  The rest of stderr is passed on.
object=
previous=
for word; do
  [ "$previous" = -o ] && object=$word
  previous=$word
done
case $object in
  *.o) ;;
  *) exec "$@" ;;
esac
status=0
"$@" 2>"$object.stderr" || status=$?
grep -E '^ptxas info|^ +[0-9]+ bytes' "$object.stderr" >"$object.ptxas"
grep -vE '^ptxas info|^ +[0-9]+ bytes' "$object.stderr" >&2
rm -f "$object.stderr"
exit $status
