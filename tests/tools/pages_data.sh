#!/usr/bin/env bash
# pages_data.sh <source directory> <new directory>: the small data with which the commands of the pages run, under the names
# that the pages use. Wants `deeper` in the path. Pictures are those of examples/.
set -euo pipefail
examples=$1/examples
mkdir -p "$2"
cd "$2"
cp -rL "$1/models" models
rm models/README.md
cp -r "$examples" examples
labelled=$examples/labelled
rm -f examples/photos/{coffee,rocket}.jpg examples/labelled/*/{astronaut,coffee}-*.* examples/labelled/train/*-{2,3}.*

mkdir photos new-pictures pictures folders cache
cp "$labelled"/test/{astronaut,cat}-4.jpg photos/
cp "$labelled"/test/coffee-4.jpg new-pictures/
cp examples/photos/astronaut.jpg photo.jpg
cp "$labelled"/test/cat-4.jpg cat.jpg
cp cat.jpg new.jpg
cp "$1/tests/tools/input/videos/plain.mp4" clip.mp4
for kind in cat cup; do
  mkdir folders/$kind
  cp "$labelled"/train/"${kind/cup/coffee}"-*.jpg folders/$kind/
done
cp models/voc-fast.safetensors a.safetensors
cp models/voc-fast.safetensors b.safetensors
printf '%s\n' a.safetensors b.safetensors >models.txt
printf '[detect]\nworkers = 4\noutput = found here\nmodel = a.safetensors\n' >site.conf

# Own pictures in the layout of VOC, with lists.
mkdir -p my-pictures/{Annotations,JPEGImages,ImageSets/Main}
for name in train/cat-{1,2} train/coffee-{1,2} test/cat-4 test/coffee-4; do
  cp "$labelled/$name.xml" my-pictures/Annotations/
  cp "$labelled/$name.jpg" my-pictures/JPEGImages/
done
printf '%s\n' cat-1 cat-2 coffee-1 coffee-2 >my-pictures/ImageSets/Main/train.txt
printf '%s\n' cat-4 coffee-4 >my-pictures/ImageSets/Main/test.txt
cp my-pictures/ImageSets/Main/test.txt my-pictures/ImageSets/Main/val.txt

# The same as an export in YOLO's layout, and in COCO's.
for set in train val; do
  deeper convert --data voc:my-pictures --set $set --to yolo --output my-export/labels/$set
  mkdir -p my-export/images/$set
  while read -r name; do cp "my-pictures/JPEGImages/$name.jpg" my-export/images/$set/; done <my-pictures/ImageSets/Main/$set.txt
  rm -f my-export/labels/$set/written.json
done
mv my-export/labels/train/classes.txt my-export/
rm my-export/labels/val/classes.txt
printf 'train: images/train\nval: images/val\nnames: [cup, eye]\n' >my-export/data.yaml
for set in train test; do deeper convert --data voc:my-pictures --set $set --to coco --output $set.json; done
cp my-pictures/JPEGImages/*.jpg pictures/

# Something like VOC 2007: objects of all twenty classes in every picture, since nobody looks at how well they are found.
mkdir -p VOC2007/{Annotations,JPEGImages,ImageSets/Main}
classes='aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa train tvmonitor'
annotate() {  # a picture of this width and height
  local number=0 class
  echo "<annotation><size><width>$1</width><height>$2</height><depth>3</depth></size>"
  for class in $classes; do
    echo "<object><name>$class</name><bndbox><xmin>$((number % 5 * $1 / 5 + 1))</xmin><ymin>$((number / 5 * $2 / 4 + 1))</ymin>"
    echo "<xmax>$((number % 5 * $1 / 5 + 50))</xmax><ymax>$((number / 5 * $2 / 4 + 45))</ymax></bndbox></object>"
    number=$((number + 1))
  done
  echo "</annotation>"
}
side_of() { sed -n "s|.*<$2>\(.*\)</$2>.*|\1|p" "$1.xml"; }
add() {  # a picture, its name, its sets
  local set
  cp "$1.jpg" "VOC2007/JPEGImages/$2.jpg"
  annotate "$(side_of "$1" width)" "$(side_of "$1" height)" >"VOC2007/Annotations/$2.xml"
  for set in $3; do echo "$2" >>"VOC2007/ImageSets/Main/$set.txt"; done
}
add "$labelled"/train/cat-1 000001 "train trainval"
add "$labelled"/train/rocket-1 000002 "train"
add "$labelled"/train/coffee-1 000003 "train"
add "$labelled"/train/astronaut-1 000004 "val trainval held300"
add "$labelled"/train/cat-2 000005 "train_extra"
add "$labelled"/test/astronaut-4 000043 "test"
add "$labelled"/test/rocket-4 000044 "test"

deeper detect --data voc:VOC2007 --set test --output found
for name in found old new; do cp found/detections.jsonl $name.jsonl; done
