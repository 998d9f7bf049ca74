# Generated picture and sound, encoded, and decoded again: every frame's checksum.
n=12; [ -n "$SLOW" ] && n=3
ff="$B ffmpeg -hide_banner -loglevel error -nostdin -threads 2 -filter_threads 1"
ff="$ff -fflags +bitexact -flags:v +bitexact -flags:a +bitexact"
$ff -f lavfi -i "testsrc=size=128x96:rate=12" -f lavfi -i "sine=frequency=440:sample_rate=16000" -frames:v $n -t 1 \
    -c:v mpeg4 -b:v 200k -c:a ac3 -bitexact a.mkv && cksum <a.mkv
$ff -i a.mkv -vf scale=64:48,hflip -c:v mjpeg -c:a pcm_s16le -bitexact b.avi && cksum <b.avi
$ff -i a.mkv -frames:v $n -c:v libx264 -preset ultrafast -x264-params threads=1 -an -bitexact c.mp4 && $ff -i c.mp4 -f framemd5 -
$B ffprobe -hide_banner -loglevel error -show_entries stream=codec_name,width,height,sample_rate -of csv b.avi
