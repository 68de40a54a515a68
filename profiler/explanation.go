package profiler

// A ChangedFunction is a function that allocates more or less in a variant than in the baseline.
type ChangedFunction struct {
	Variant       string
	Row           string
	Before, After Frame
}

// A Frame is a function as a profile names it.
type Frame struct {
	Function string
	File     string // path in the repository, or any other that the source code names
	Line     int    // below which most bytes were allocated; 0 if the profile does not have the function
	LineFile string // name of the file that has the line, without folders
}

// An Explanation holds what the source code says about a changed function.
type Explanation struct {
	Variant  string   `json:"variant"`
	Row      string   `json:"row,omitempty"`
	Function string   `json:"function" doc:"its name in the profile of the variant"`
	Before   *Source  `json:"before,omitempty" doc:"missing if the baseline does not have the function"`
	After    *Source  `json:"after,omitempty" doc:"missing if the variant does not have it"`
	Escapes  []Escape `json:"escapes,omitempty" doc:"decisions of the compiler that changed"`
	Notes    []string `json:"notes,omitempty" doc:"sentences: what could not be found out"`
}

// A Source is the source code of a function in one version of a program.
type Source struct {
	File   string `json:"file" doc:"path in the repository"`
	First  int    `json:"first_line" doc:"line of the file at which the text begins"`
	Hot    int    `json:"hot_line,omitempty" doc:"line of the file below which most bytes were allocated"`
	Cut    bool   `json:"cut,omitempty" doc:"whether the text is only a part of the function"`
	SHA256 string `json:"sha256" doc:"of the text"`
	Text   string `json:"text,omitempty"`
	URL    string `json:"url,omitempty" doc:"page of the repository's forge with the line, if a commit has it"`
}

// An Escape is a value that the compiler puts on the heap in only one of two versions.
type Escape struct {
	Code   string     `json:"code" doc:"the value as the compiler writes it, such as &Item{...}"`
	Before *Placement `json:"before,omitempty" doc:"missing if the baseline does not have the line"`
	After  *Placement `json:"after,omitempty" doc:"missing if the variant does not have it"`
}

// A Placement is where the compiler puts a value.
type Placement struct {
	Line   int    `json:"line" doc:"in the file"`
	Heap   bool   `json:"heap" doc:"on the heap"`
	Reason string `json:"reason,omitempty" doc:"why it is on the heap, such as returned or passed to fmt.Sprintf"`
}
