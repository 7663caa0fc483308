#pragma once

#include <string>
#include <vector>

#include "eval/analysis/error_analysis.h"
#include "eval/report/report.h"

namespace deeper {

// The pictures of a report as JSON lists: what eval/report/report_page.cc shows.
struct ReportPictures {
  std::string pictures_json;  // best, then worst
  std::string gallery_json;   // cut-outs by class, kind and falling score
};

// Chooses, reads, cuts out and encodes the pictures. `coverage` is that of input.proposals, or
// empty. Each picture file is decoded once.
ReportPictures ChooseReportPictures(const ReportInput& input,
                                    const ErrorAnalysis& analysis,
                                    const std::vector<ObjectCoverage>& coverage,
                                    const ReportOptions& options);

}  // namespace deeper
