// PagesSettings: what a site may set about its pages: the options of `pages`.

#pragma once

#include <string>
#include <vector>

namespace sessiond {

struct PagesSettings {
  std::string site_name;       ///< empty: none is shown
  std::string logo_file;       ///< SVG or PNG, beside the name
  std::string logo_dark_file;  ///< the same for dark screens; empty: logo_file
  std::string accent;          ///< #rrggbb; empty: the built-in colour
  std::string accent_dark;     ///< the same for dark screens
  std::string help_url;        ///< empty: no link to help
  std::string home_url = "/";
  std::string style_file;  ///< CSS that comes after the built-in one
  std::string folder;      ///< the site's own templates and messages; empty: none
  bool script = true;      ///< the one small script; no page needs it
  std::string language = "auto";
  std::vector<std::string> languages;  ///< that may be chosen, the first for who asks for none of them; empty: all
};

}  // namespace sessiond
