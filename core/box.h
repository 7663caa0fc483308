#pragma once

namespace deeper {

// A rectangle in image pixels, y down. Half-open: covers x0 <= x < x1 and y0 <= y < y1, so that a
// pixel has width 1 and no "+ 1" appears anywhere. A box with x1 <= x0 or y1 <= y0 is empty.
struct Box {
  float x0 = 0;
  float y0 = 0;
  float x1 = 0;
  float y1 = 0;

  float Width() const { return x1 - x0; }
  float Height() const { return y1 - y0; }
  bool IsEmpty() const { return !(x1 > x0 && y1 > y0); }

  bool operator==(const Box&) const = default;
};

// Area in square pixels, as a double so that sums of areas of large pictures stay exact. Empty: 0.
double Area(const Box& box);

// Area of the intersection in square pixels; 0 for boxes that only touch, and for empty ones.
double IntersectionArea(const Box& a, const Box& b);

// Intersection over union in [0, 1]. The one IoU of the repository. Two empty boxes: 0.
double Iou(const Box& a, const Box& b);

// The part of `box` inside the picture of width_px x height_px. May be empty.
Box ClipToImage(const Box& box, int width_px, int height_px);

// Where `box` lies in the mirror image of a picture of this width: left and right exchanged.
Box MirrorBox(const Box& box, int width_px);

}  // namespace deeper
