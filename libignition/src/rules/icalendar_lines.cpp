#include "icalendar_lines.hpp"

#include <algorithm>

#include "ignition/error.hpp"

namespace ignition::rules {
namespace {

constexpr std::size_t kMaxDepth = 8;
constexpr std::size_t kMaxOctets = 75;

[[noreturn]] void refuse(std::string reason, std::string message) {
  throw invalid("ics", std::move(reason), std::move(message));
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

// Hands over whole lines: those that were folded joined again.
class Unfolder {
 public:
  explicit Unfolder(std::string_view text) : text_(text) {}

  bool next(std::string& line) {
    if (at_ >= text_.size()) return false;
    line = physical();
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) {
      ++at_;
      line += physical();
    }
    return true;
  }

 private:
  std::string_view physical() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    std::string_view line = text_.substr(at_, end - at_);
    at_ = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// The end of a parameter's value that begins at `at`; quotes hide its separators.
std::size_t value_end(std::string_view line, std::size_t at) {
  bool quoted = false;
  for (; at < line.size(); ++at) {
    if (line[at] == '"') quoted = !quoted;
    if (!quoted && (line[at] == ';' || line[at] == ':')) break;
  }
  return at;
}

// Nothing for what is no content line.
std::optional<ContentLine> parse_line(std::string_view line) {
  const std::size_t name_end = line.find_first_of(";:");
  if (name_end == std::string_view::npos || name_end == 0) return {};
  ContentLine result{.name = upper(line.substr(0, name_end))};
  std::size_t at = name_end;
  while (at < line.size() && line[at] == ';') {
    const std::size_t end = value_end(line, at + 1);
    const std::string_view parameter = line.substr(at + 1, end - at - 1);
    const std::size_t equals = parameter.find('=');
    if (equals != std::string_view::npos) {
      std::string value(parameter.substr(equals + 1));
      std::erase(value, '"');
      result.parameters.emplace_back(upper(parameter.substr(0, equals)), std::move(value));
    }
    at = end;
  }
  if (at >= line.size()) return {};
  result.value = line.substr(at + 1);
  return result;
}

}  // namespace

std::optional<std::string_view> ContentLine::parameter(std::string_view wanted) const {
  for (const auto& [key, text] : parameters) {
    if (key == wanted) return text;
  }
  return {};
}

const ContentLine* CalendarComponent::find(std::string_view wanted) const {
  const auto found = std::ranges::find(lines, wanted, &ContentLine::name);
  return found == lines.end() ? nullptr : &*found;
}

std::vector<const ContentLine*> CalendarComponent::all(std::string_view wanted) const {
  std::vector<const ContentLine*> found;
  for (const ContentLine& line : lines) {
    if (line.name == wanted) found.push_back(&line);
  }
  return found;
}

std::size_t CalendarComponent::line_count() const {
  std::size_t count = lines.size();
  for (const CalendarComponent& child : children) count += 2 + child.line_count();
  return count;
}

std::vector<CalendarComponent> read_components(std::string_view text) {
  std::vector<CalendarComponent> finished;
  std::vector<CalendarComponent> open;  // VCALENDAR first
  bool any = false;
  Unfolder unfolder(text);
  for (std::string line; unfolder.next(line);) {
    auto content = parse_line(line);
    if (!content) continue;
    if (content->name == "BEGIN") {
      std::string name = upper(content->value);
      while (name.ends_with(' ')) name.pop_back();
      if (open.empty() && name != "VCALENDAR") continue;
      any = true;
      if (open.size() == kMaxDepth) refuse("malformed", "The calendar's components nest too deep.");
      open.push_back({.name = std::move(name)});
    } else if (content->name == "END") {
      if (open.empty()) continue;
      std::string name = upper(content->value);
      while (name.ends_with(' ')) name.pop_back();
      if (open.back().name != name) refuse("malformed", "A component of the calendar does not end.");
      CalendarComponent done = std::move(open.back());
      open.pop_back();
      if (open.size() == 1) finished.push_back(std::move(done));
      if (open.size() > 1) open.back().children.push_back(std::move(done));
    } else if (open.size() > 1) {
      open.back().lines.push_back(std::move(*content));
    }
  }
  if (!any) refuse("not_icalendar", "The text is no iCalendar.");
  if (!open.empty()) refuse("malformed", "A component of the calendar does not end.");
  return finished;
}

std::string unescaped(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\\' || i + 1 == value.size()) {
      out += value[i];
      continue;
    }
    const char c = value[++i];
    if (c == 'n' || c == 'N') {
      out += '\n';
    } else {
      if (c != '\\' && c != ';' && c != ',') out += '\\';
      out += c;
    }
  }
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (c == '\n' || c == '\r') {
      out += "\\n";
    } else {
      if (c == '\\' || c == ';' || c == ',') out += '\\';
      out += c;
    }
  }
  return out;
}

void append_folded(std::string& out, std::string_view line) {
  std::size_t room = kMaxOctets;
  while (line.size() > room) {
    std::size_t cut = room;
    while (cut > 0 && (static_cast<unsigned char>(line[cut]) & 0xC0) == 0x80) --cut;
    out.append(line.substr(0, cut)).append("\r\n ");
    line.remove_prefix(cut);
    room = kMaxOctets - 1;
  }
  out.append(line).append("\r\n");
}

}  // namespace ignition::rules
