# Writes OUTPUT, a C++ file that holds INPUT's text as `CatalogueText_<NAME>`. Used by CMakeLists.txt beside it.
file(READ "${INPUT}" text)
if(text MATCHES "\\)SEKIMORI\"")
  message(FATAL_ERROR "${INPUT}: must not contain the raw string delimiter )SEKIMORI\"")
endif()
file(WRITE "${OUTPUT}"
  "#include \"proto/words/catalogue_text.h\"\n"
  "namespace sekimori::words {\n"
  "std::string_view CatalogueText_${NAME}() {\n"
  "  static constexpr char kText[] = R\"SEKIMORI(${text})SEKIMORI\";\n"
  "  return {kText, sizeof(kText) - 1};\n"
  "}\n"
  "}  // namespace sekimori::words\n")
